"""The rules of intake, one module for each aggregate; those of an application by stage."""
