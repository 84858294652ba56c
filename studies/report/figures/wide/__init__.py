"""Pictures of a screen over the whole space; a screen of single changes has none of them."""
