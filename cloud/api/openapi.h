/*
 * The OpenAPI document, embedded by the build from openapi.yaml.
 */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t openapi_yaml[];
extern const size_t openapi_yaml_len;

#endif
