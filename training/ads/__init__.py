"""What hangs on walls, drawn flat: illegal small ads (小广告), and the legal signs that they are taken for."""
