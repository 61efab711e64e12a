"""What a join costs on AWS: measured units, a table of prices, and the sum of their products. Nothing is asked of anybody."""
