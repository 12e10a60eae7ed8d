"""The example `myolens demo` analyses: a made-up case and a recording from our own model."""
