"""From folders, arguments and YAML files to validated inputs, each checked before it is used."""
