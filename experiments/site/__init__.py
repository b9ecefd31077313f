"""The documentation as a site: pages of docs/ in an order, tutorials that run, and a reference written from the code."""
