pytest_plugins = ["tests.plugin_database"]
