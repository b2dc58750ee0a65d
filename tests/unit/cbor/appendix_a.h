/*
 * RFC 8949, appendix A, as printed there, without the cases that only differ
 * in their diagnostic notation. kind says what our reader makes of it.
 */
#ifndef TESTS_CBOR_APPENDIX_A_H
#define TESTS_CBOR_APPENDIX_A_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct example {
	const char *hex;
	bool deterministic;
};

static const struct example APPENDIX_A[] = {
    {"00", true},
    {"01", true},
    {"0a", true},
    {"17", true},
    {"1818", true},
    {"1819", true},
    {"1864", true},
    {"1903e8", true},
    {"1a000f4240", true},
    {"1b000000e8d4a51000", true},
    {"1bffffffffffffffff", true},
    {"c249010000000000000000", true},
    {"3bffffffffffffffff", true},
    {"c349010000000000000000", true},
    {"20", true},
    {"29", true},
    {"3863", true},
    {"3903e7", true},
    {"f90000", true},
    {"f98000", true},
    {"f93c00", true},
    {"fb3ff199999999999a", true},
    {"f93e00", true},
    {"f97bff", true},
    {"fa47c35000", true},
    {"fa7f7fffff", true},
    {"fb7e37e43c8800759c", true},
    {"f90001", true},
    {"f90400", true},
    {"f9c400", true},
    {"fbc010666666666666", true},
    {"f97c00", true},
    {"f97e00", true},
    {"f9fc00", true},
    {"fa7f800000", false},
    {"fa7fc00000", false},
    {"faff800000", false},
    {"fb7ff0000000000000", false},
    {"fb7ff8000000000000", false},
    {"fbfff0000000000000", false},
    {"f4", true},
    {"f5", true},
    {"f6", true},
    {"f7", true},
    {"f0", true},
    {"f8ff", true},
    {"c074323031332d30332d32315432303a30343a30305a", true},
    {"c11a514b67b0", true},
    {"c1fb41d452d9ec200000", true},
    {"d74401020304", true},
    {"d818456449455446", true},
    {"d82076687474703a2f2f7777772e6578616d706c652e636f6d", true},
    {"40", true},
    {"4401020304", true},
    {"60", true},
    {"6161", true},
    {"6449455446", true},
    {"62225c", true},
    {"62c3bc", true},
    {"63e6b0b4", true},
    {"64f0908591", true},
    {"80", true},
    {"83010203", true},
    {"8301820203820405", true},
    {"98190102030405060708090a0b0c0d0e0f101112131415161718181819", true},
    {"a0", true},
    {"a201020304", true},
    {"a26161016162820203", true},
    {"826161a161626163", true},
    {"a56161614161626142616361436164614461656145", true},
    {"5f42010243030405ff", false},
    {"7f657374726561646d696e67ff", false},
    {"9fff", false},
    {"9f018202039f0405ffff", false},
    {"9f01820203820405ff", false},
    {"83018202039f0405ff", false},
    {"83019f0203ff820405", false},
    {"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", false},
    {"bf61610161629f0203ffff", false},
    {"826161bf61626163ff", false},
    {"bf6346756ef563416d7421ff", false},
};

#endif
