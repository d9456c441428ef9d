from asyncpg import Pool as Pool, create_pool as create_pool
