"""Drawn ads and signs hung on photographed walls, posts and shutters, since no box-labelled photos of 小广告 exist."""
