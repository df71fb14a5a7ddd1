"""The model families the engine knows; `table` describes them, `interface` says what each must do."""
