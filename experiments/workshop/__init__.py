"""The workshop page: a local web page on which a room asks "what if", and the same as one file without Python."""
