"""The One-Stop exception (ワンストップ特例): the form, its way back, and the notice after it."""
