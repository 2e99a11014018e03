# The HTTP client: what computes, and what connects.
latecomer_test(http_test
  SOURCES http_address_test.cpp http_check_test.cpp http_politeness_test.cpp http_rate_test.cpp
          http_secret_test.cpp http_simulation.cpp http_url_test.cpp sse_reader_test.cpp
  LIBS latecomer_http)
latecomer_test(http_client_test
  SOURCES http_client_test.cpp http_hostile_test.cpp http_redirect_test.cpp http_stop_test.cpp http_stream_test.cpp
          http_test_server.cpp http_tls_test.cpp
  LIBS latecomer_http ZLIB::ZLIB LABELS threads)
latecomer_test(http_source_test
  SOURCES http_source_test.cpp http_test_server.cpp
  LIBS latecomer_ingest LABELS threads)
latecomer_test(websocket_test
  SOURCES http_test_server.cpp websocket_lost_test.cpp websocket_test.cpp websocket_test_server.cpp
  LIBS latecomer_http OpenSSL::Crypto LABELS threads)
