"""The documentation: reference pages made from the code, and the site built of all pages."""
