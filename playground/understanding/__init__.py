"""Looking into CLIP: the matrix of pictures and texts, the flat map, where an answer comes from."""
