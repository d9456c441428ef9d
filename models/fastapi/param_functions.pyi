from fastapi import Query as Query, Body as Body, Path as Path, Header as Header, Cookie as Cookie, Form as Form, File as File, Depends as Depends, Security as Security
