"""Features as Ibis expressions over the wide rows of events, reduced to daily statistics that add.

This room alone imports ibis, duckdb and pyarrow; whoever needs it imports it when it is needed.
"""
