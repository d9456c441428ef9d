from fastapi import HTTPException as HTTPException
