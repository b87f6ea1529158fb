"""One module for each way in which labelled pictures are handed over; every one gives `Reading`s."""
