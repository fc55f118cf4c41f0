"""Make the people who do not exist: averages of many real or machine-made faces, in texture space."""
