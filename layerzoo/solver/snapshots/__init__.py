"""Between a run and its snapshots: what is kept, when it is written, and how a run resumes."""
