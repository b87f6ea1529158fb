"""The life of a case: the journal that it follows from, sightings, work orders, proof, merges and splits, its end."""
