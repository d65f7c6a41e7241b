"""What is known of every image model: which encoders it reads, and how."""
