"""scikit-optimize's proposals by the operations that it does itself, with less around them."""
