"""The commands of `prep`, one file each. What they do is in the rooms; they read options and call it."""
