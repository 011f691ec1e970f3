"""The journal: canonical bytes, a hash chain for each case, seals over them."""
