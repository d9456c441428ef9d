from .expression import Select as Select, TextClause as TextClause, column as column, literal_column as literal_column, select as select, text as text
