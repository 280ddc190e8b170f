//! The command line over a project of models.
