"""Events: a venue follows its session while it is open, over one connection that ends with the decision."""
