"""From checkpoints to scores. May import `prep`. Write `from eval.scores import …`: a bare `import eval` hides the builtin."""
