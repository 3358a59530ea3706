"""What a user's files may look like, whatever they are for."""
