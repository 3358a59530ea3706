"""The report: offline pages made from results only; a room a chapter, what they share in kit/."""
