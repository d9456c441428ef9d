from requests import request as request, get as get, options as options, head as head, post as post, put as put, patch as patch, delete as delete
