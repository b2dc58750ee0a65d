-- POST /v1/GetPSK for wrk: walks the identities of a file, so that no call
-- asks for the same device as the one before. IDENTITIES names the file,
-- TOKEN holds the AuthToken. Answers other than 200 are counted by wrk.
local bodies = {}
local headers = {
	["Authorization"] = os.getenv("TOKEN"),
	["Content-Type"] = "application/json",
}
local requests = {}
local at = 0

function init(args)
	for line in io.lines(os.getenv("IDENTITIES")) do
		local id = line:match('"KeyID": "(%x+)"')
		if id then
			requests[#requests + 1] = wrk.format("POST",
			    "/v1/GetPSK", headers,
			    '{"KeyID": "' .. id .. '", "KeyLength": "128"}')
		end
	end
	at = math.random(#requests)
end

function request()
	at = at % #requests + 1
	return requests[at]
end
