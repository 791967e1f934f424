"""Where models come from, one module each: `fetch(location, into, terms)`."""
