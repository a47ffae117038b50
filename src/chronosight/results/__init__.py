"""What comes back from an engine: answers, changed objects, descriptions. Data and its JSON form; nothing is computed here."""
