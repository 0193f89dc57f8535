// rdkafka_mock.h has no guard of its own against C compilers that see it before rdkafka.h.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
