from sqlalchemy import TextClause as TextClause, Select as Select, text as text, literal_column as literal_column, column as column, select as select
