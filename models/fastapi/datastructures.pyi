from fastapi import UploadFile as UploadFile
