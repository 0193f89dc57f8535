#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: one inline function for each kind of
// argument.
typedef size_t (*decahose_curl_write_function)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode decahose_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode decahose_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode decahose_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode decahose_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode decahose_curl_set_write(
    CURL *handle, CURLoption option, decahose_curl_write_function function) {
    return curl_easy_setopt(handle, option, function);
}

static inline CURLcode decahose_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

// Macros with casts, which Swift does not import.
static const long decahose_curlauth_basic = CURLAUTH_BASIC;
static const long decahose_curlauth_bearer = CURLAUTH_BEARER;
