"""Forms in which networks are kept, read without the libraries that wrote them."""
