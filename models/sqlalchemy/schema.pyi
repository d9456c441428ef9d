from sqlalchemy import DDL as DDL, MetaData as MetaData, Table as Table, Column as Column
