"""Entry point for the development server and for the WSGI container."""

from shop import create_app

app = create_app()

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8000, debug=True)  # expect: flask-debug, bind-all-interfaces
