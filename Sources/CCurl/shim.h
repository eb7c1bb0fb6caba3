#pragma once
#include <curl/curl.h>

// libcurl's setters and getters take a variable number of arguments, which Swift cannot call.

static inline CURLcode ccurl_set_long(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode ccurl_set_text(CURL *curl, CURLoption option, const char *value) {
  return curl_easy_setopt(curl, option, value);
}

/// Speaks HTTP and HTTPS only; the option was given another name and the old one deprecated.
static inline CURLcode ccurl_speak_http_only(CURL *curl) {
#if LIBCURL_VERSION_NUM >= 0x075500
  return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  return curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static inline CURLcode ccurl_set_pointer(CURL *curl, CURLoption option, void *value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode ccurl_set_list(CURL *curl, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(curl, option, value);
}

typedef size_t (*ccurl_receiver)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_observer)(
    void *context, curl_off_t download, curl_off_t downloaded, curl_off_t upload, curl_off_t uploaded);

static inline CURLcode ccurl_set_receiver(CURL *curl, CURLoption option, ccurl_receiver receiver) {
  return curl_easy_setopt(curl, option, receiver);
}

static inline CURLcode ccurl_set_observer(CURL *curl, ccurl_observer observer) {
  return curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, observer);
}

static inline CURLcode ccurl_response_code(CURL *curl, long *code) {
  return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, code);
}
