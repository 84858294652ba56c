"""Commands about a study's workers: join, launch, look at them, show how far they are."""
