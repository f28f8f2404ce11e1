"""The whole road on a laptop: samples → oracle reasons → judged → trained → scored, with the embedded model on the CPU."""
