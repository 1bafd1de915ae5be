"""Running a net one layer at a time, over blobs that stay in place."""
