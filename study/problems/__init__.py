"""What is tuned: the network, a user's problem, a Keras model, test functions, tables."""
