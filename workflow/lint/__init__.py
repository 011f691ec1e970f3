"""What can be proved wrong in a definition before it is used."""
