"""What is told of a run's progress: display lines, the run folder's metrics, TensorBoard, watched blobs."""
