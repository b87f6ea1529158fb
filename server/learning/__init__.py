"""The field's verdicts, as data that trains the next model and as figures of this one."""
