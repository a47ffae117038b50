"""Fine-tuning of the guide of fine imagery on a user's own pairs and labels (`chronosight tune`)."""
